"""How the portal is: for load balancers, for Prometheus, and for a person."""
