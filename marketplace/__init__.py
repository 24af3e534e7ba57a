"""The application: accounts, selling, reports, and the edges (web, command line)."""
