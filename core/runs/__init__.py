"""The list of training runs: kept in a database, trained by processes of their own, watched and asked by any other."""
