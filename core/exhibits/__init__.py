"""What ships beside the code, made by a command: a film of one training, the gallery of mistakes, the cards."""
