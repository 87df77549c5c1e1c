"""Speed as a ratio: ours and the limit or the peer, on the same machine, in the same run."""
