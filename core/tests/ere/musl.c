/* Asks musl: reads one case per line, the pattern and the text in hexadecimal,
 * separated by a tab, and a further tab if case must be ignored; writes one answer per
 * line, in the notation of main.rs. */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#define SPANS 32

static char *decode(char *hex)
{
	char *out = hex, *begin = hex;
	unsigned byte;
	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2)
		*out++ = (char)byte;
	*out = 0;
	return begin;
}

int main(void)
{
	static char line[65536];
	while (fgets(line, sizeof line, stdin)) {
		regmatch_t spans[SPANS];
		regex_t regex;
		int error;
		char *text, *icase;
		line[strcspn(line, "\n")] = 0;
		text = strchr(line, '\t');
		*text++ = 0;
		icase = strchr(text, '\t');
		decode(text);
		error = regcomp(&regex, decode(line), REG_EXTENDED | (icase ? REG_ICASE : 0));
		if (error) {
			printf("E%d\n", error);
			continue;
		}
		if (regexec(&regex, text, SPANS, spans, 0)) {
			puts("N");
		} else {
			printf("M%zu", regex.re_nsub);
			for (size_t i = 0; i < SPANS && i <= regex.re_nsub; i++)
				printf(" %ld,%ld", (long)spans[i].rm_so, (long)spans[i].rm_eo);
			putchar('\n');
		}
		regfree(&regex);
	}
	return 0;
}
