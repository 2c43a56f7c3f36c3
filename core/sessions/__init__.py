"""What people keep by name: sessions, versions, search, differences, the data folder."""
