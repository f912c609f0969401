"""A small clinic application that really fails when told.

It stands for the vendor's product at a customer's site. It has a database, three modules and a log
file of its own, and knows nothing of what reads that file.
"""
