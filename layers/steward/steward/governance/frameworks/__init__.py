"""Requirements of laws and frameworks as tables, and what stored evidence says to each."""
