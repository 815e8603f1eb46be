"""Laws as CP-SAT models. Only this room and `solver` import OR-Tools, and only when a model is built."""
