"""Check of lesson 10: the log-mass of a grey level under a logistic variable."""
