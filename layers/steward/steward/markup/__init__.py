"""Documents for people as a tree, written as Markdown and as HTML with every text escaped."""
