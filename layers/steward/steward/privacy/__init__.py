"""Personal data: found in names and contents, and handled as the declaration says. Pure."""
