"""Rules about WireGuard tunnels and the machines that end them."""
