"""Two worlds that differ only in what a person must not see, and the comparison of what they answer.

desk (the world as it is, and who asks) - foreign (what makes another world of it) - asking (questions and answers).
"""
