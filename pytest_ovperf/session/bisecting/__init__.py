"""The search for the first release of OpenVINO in which an arm got worse: releases raced until one is found."""
