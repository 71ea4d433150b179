"""False alarms of the quality monitors that decide by chance."""
