MODEL (name i.uses, kind VIEW (materialized true)); SELECT count(*) AS n, sum(e.amount) AS s FROM i.embed AS e JOIN i.embed ON embed.id = e.id
