"""Who somebody is and what they may do: users, pseudonyms, sign-in, the permission table."""
