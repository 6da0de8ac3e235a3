"""Small modules and functions of ours, for nodes that are more than one torch call.

Each stands alone: exported Python takes its source as it is, so it uses only torch.
"""
