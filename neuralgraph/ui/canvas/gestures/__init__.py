"""What a hand does on the canvas: one class for each gesture. None of them changes the document before it ends."""
