"""What calls take and give, a module for each resource."""
