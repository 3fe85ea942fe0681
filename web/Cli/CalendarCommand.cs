using System.CommandLine;
using OpsMonitor.Web.Policies;

namespace OpsMonitor.Web.Cli;

/// <summary>The diagnostic for calendars that people and scripts use. (docs: policies, The calendar command)</summary>
public static class CalendarCommand
{
    public static Command Make()
    {
        var file = new Option<string>("--file") { Description = "a calendar file (YAML)", Required = true };
        var command = new Command("calendar", "Answer questions about a calendar: NDJSON in, NDJSON out, in order") { file };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var questions = CalendarQuestions.OfFile(parsed.GetValue(file)!);
            return Answer(questions, Console.In, Console.Out);
        }));
        return command;
    }

    /// <returns>2 where a line was no question; every line has its answer nevertheless</returns>
    public static int Answer(CalendarQuestions questions, TextReader lines, TextWriter output)
    {
        var bad = 0;
        while (lines.ReadLine() is { } line)
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            output.Write(questions.Answer(line, out var good));
            output.Write('\n');
            if (!good) bad++;
        }
        output.Flush();
        return bad == 0 ? 0 : 2;
    }
}
