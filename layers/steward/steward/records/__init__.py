"""Records: files of predictions, labels and reference read in bounded memory, judged row by row, stored as Parquet."""
