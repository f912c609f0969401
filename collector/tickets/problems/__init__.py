"""One cause behind many tickets: confirmed, cured, closed by people."""
