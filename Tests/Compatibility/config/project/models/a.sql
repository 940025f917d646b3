MODEL (name shop.a, description 'd'); SELECT id, n, @threshold AS t, @flag AS f, @ratio AS r FROM src.t WHERE n > @threshold OR @flag
