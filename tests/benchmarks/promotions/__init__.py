"""How often a year of weekly retrainings promotes a version by luck, and how soon a better one."""
