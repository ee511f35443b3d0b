"""What a person reads: views of the records, which compute no verdict of their own."""
