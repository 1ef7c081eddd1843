"""OpenPose, the reference: network -> heatmaps and PAFs -> keypoints -> connections -> skeletons."""
