"""The hash-chained log that the customer keeps, and its offline proof."""
