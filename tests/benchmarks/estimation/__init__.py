"""How near estimates of performance come to the truth while labels are missing: ours and NannyML's."""
