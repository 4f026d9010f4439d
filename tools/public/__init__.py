"""Where the course is published, and what follows from that name: links, and a first cell."""
