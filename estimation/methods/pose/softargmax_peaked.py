"""Softargmax with a term that keeps each map one peak.

A mean may be right with two wrong peaks on both sides of it. So the softmax of each map is also compared with a drawn
peak (Nibali et al. 2018, by the divergence of Jensen and Shannon). All else is as in softargmax.
"""

from estimation.methods.pose.heatmaps import PAPER_PX
from estimation.methods.pose.softargmax import ExpectedPlaces
from estimation.methods.stages import Method

METHOD = Method(stages=(ExpectedPlaces(sharpness=0.1),), squares_px={"small": 64, "paper": PAPER_PX})
