"""One file a cloud: how its ids and names look, and the outputs that neither inputs nor their names give away."""
