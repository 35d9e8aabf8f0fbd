"""Articles from the web: fetching safely, feeds, site maps, and watching them for what is new."""
