"""Tools and their calls: schemas, calls as models write them, thoughts, parts of an answer."""
