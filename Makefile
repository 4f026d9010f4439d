# Every target is one call of tools/course.py, which sets the environment up first where it must.
# Without make: python tools/course.py lab (and so on; the README lists the calls).
#   PYTHON=path/to/python  use that Python's environment and keep its torch, instead of .venv
#   PROFILE=, LESSONS=     of `make run`: smoke, laptop or full; numbers such as "01 02" or "02x"
#   LESSONS=, TO=          of `make homework`: where the student versions go (student);
#                          of `make student-branch`: the repository that they become a branch of
#   SUBMISSIONS=, OUT=     of `make grade`: a folder or zip; where grades go (graded)
#   LESSON=, NPROC=        of `make scale`: one lesson, on so many processes
#   REPOSITORY=, TAG=      of `make publish`: owner/name on GitHub, a tag; empty takes all back
#   SITE=                  of `make publish`: the address of the web site, if there is one
#   ARGS=                  passed on, such as ARGS=--no-browser

ifeq ($(OS),Windows_NT)
START := python
else
START := python3
endif
COURSE := $(if $(PYTHON),"$(PYTHON)" tools/course.py --here,$(START) tools/course.py)
PROFILE ?= laptop
# An option whose variable stands in the call, be it empty: not one of the environment's own.
told = $(if $(findstring command,$(origin $(1))),--$(2) "$($(1))")

.PHONY: lab run test results pictures homework student-branch grade site pdf bench scale publish clean

lab:  # open JupyterLab on the first lesson
	@$(COURSE) lab $(ARGS)

run:  # execute lessons without a browser
	@$(COURSE) run --profile $(PROFILE) $(if $(LESSONS),--lessons $(LESSONS)) $(ARGS)

test:  # everything that must hold
	@$(COURSE) test $(ARGS)

results:  # the tables of README.md, docs/results.md and data/README.md
	@$(COURSE) results $(ARGS)

pictures:  # small pictures of the lessons, from their outputs
	@$(COURSE) pictures $(ARGS)

homework:  # student versions of the lessons
	@$(COURSE) homework $(LESSONS) $(if $(TO),--to "$(TO)") $(ARGS)

student-branch:  # the same as a branch that nbgitpuller hands out
	@$(COURSE) student-branch $(LESSONS) $(if $(TO),--to "$(TO)") $(ARGS)

grade:  # grade what came back, in a sandbox
	@$(COURSE) grade $(if $(SUBMISSIONS),"$(SUBMISSIONS)") $(if $(OUT),--out "$(OUT)") $(ARGS)

site:  # the lessons as a web site
	@$(COURSE) site $(ARGS)

pdf:  # the lessons as one PDF
	@$(COURSE) pdf $(ARGS)

bench:  # speed of training and scoring on this machine
	@$(COURSE) bench $(ARGS)

scale:  # one lesson on several processes, by torchrun
	@$(COURSE) scale $(LESSON) $(if $(NPROC),--processes $(NPROC)) --profile $(PROFILE) $(ARGS)

publish:  # the links that the public name makes, in README, lessons and site
	@$(COURSE) publish $(call told,REPOSITORY,repository) $(call told,TAG,tag) $(call told,SITE,site) $(ARGS)

clean:  # remove caches and build outputs
	@$(COURSE) clean
