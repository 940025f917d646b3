MODEL (name h.off, kind FULL, enabled false); SELECT 1 AS x FROM h.t
