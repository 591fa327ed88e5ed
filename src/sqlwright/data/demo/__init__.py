"""The demo database that the project makes itself."""
