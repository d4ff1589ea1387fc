"""Which portal is meant, how to authenticate there, and the open connection to it."""
