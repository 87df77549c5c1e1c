"""Offer: the marts' features to whoever learns, scores or answers. Nothing is computed here."""
