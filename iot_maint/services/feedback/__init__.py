"""What people found where rules and models had sent them, and what that says of rules and models."""
