"""Measurements. They print figures and judge nothing; run them by hand on a quiet machine."""
