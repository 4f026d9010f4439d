"""How fast the course is: beside its peers, as sizes grow, lesson by lesson, at paper scale."""
