"""History from elsewhere: importers make frames of rows and events, one loader writes them, all or nothing."""
