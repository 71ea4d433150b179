"""What pytest must not import: the peers' modules run in the peers' own environments."""

collect_ignore_glob = ["peers/*"]
