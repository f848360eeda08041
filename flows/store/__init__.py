"""What a run keeps: snapshot, ledger, releases, table cache."""
