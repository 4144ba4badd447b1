"""Outside: what only the network knows (DNS, scanners, directories), asked between transactions."""
