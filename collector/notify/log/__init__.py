"""Who was told what, when, and whether it arrived."""
