MODEL (name h.v, kind VIEW); SELECT count(*) AS n FROM h.t;
