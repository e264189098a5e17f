"""What needs HTML and JavaScript of its own: Python hands over a payload, a front end in modules draws it."""
