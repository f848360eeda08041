"""What a row is: one definition per column, rules, table schemas."""
