using OpsMonitor.Web.Cli;
using OpsMonitor.Web.Policies;
using Xunit;

namespace OpsMonitor.Tests.Web.Policies;

/// <summary>The calendar command where questions are odd: each line has its answer or says what is wrong, and the next line is answered all the same.</summary>
public sealed class CalendarQuestionTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    // Lord Howe's clocks move by half an hour.
    [InlineData("Australia/Lord_Howe", "sun: [\"00:00-24:00\"]", """{"op":"between","from":"2026-10-04T00:00:00","to":"2026-10-05T00:00:00"}""", """{"seconds":84600}""")]
    [InlineData("Australia/Lord_Howe", "sun: [\"00:00-24:00\"]", """{"op":"between","from":"2026-04-05T00:00:00","to":"2026-04-06T00:00:00"}""", """{"seconds":88200}""")]
    // A period in the hour that is skipped is as much later; in the hour that comes twice it is worked once.
    [InlineData("Europe/Berlin", "sun: [\"02:15-02:45\"]", """{"op":"periods","date":"2026-03-29"}""", """{"periods":[["2026-03-29T03:15:00","2026-03-29T03:45:00"]]}""")]
    [InlineData("Europe/Berlin", "sun: [\"02:15-02:45\"]", """{"op":"is_open","at":"2026-10-25T02:30:00+02:00"}""", """{"open":true}""")]
    [InlineData("Europe/Berlin", "sun: [\"02:15-02:45\"]", """{"op":"is_open","at":"2026-10-25T02:30:00+01:00"}""", """{"open":false}""")]
    // Samoa left out 30 December 2011.
    [InlineData("Pacific/Apia", "thu: [\"09:00-17:00\"], fri: [\"09:00-17:00\"], sat: [\"09:00-17:00\"]", """{"op":"next_open","at":"2011-12-29T17:00:00"}""", """{"at":"2011-12-31T09:00:00"}""")]
    // An offset of seconds cannot be written: the instant is, in UTC.
    [InlineData("Africa/Monrovia", "mon: [\"00:00-24:00\"]", """{"op":"next_open","at":"1960-01-01T00:00:00Z"}""", """{"at":"1960-01-04T00:44:30Z"}""")]
    [InlineData("UTC", "mon: [\"22:00-06:00\"]", """{"op":"add","from":"2026-03-02T23:00:00Z","seconds":25200}""", """{"at":"2026-03-03T06:00:00Z"}""")]
    [InlineData("UTC", "mon: [\"09:00-17:00\"]", """{"op":"add","from":"2026-03-02T10:00:00Z","seconds":-0.5}""", """{"at":"2026-03-02T09:59:59.5Z"}""")]
    [InlineData("UTC", "mon: [\"09:00-17:00\"]", """{"op":"add","from":"2026-03-01T10:00:00Z","seconds":0}""", """{"at":"2026-03-02T09:00:00Z"}""")]
    // The ends of time.
    [InlineData("UTC", "mon: [\"00:00-24:00\"]", """{"op":"add","from":"2026-03-02T10:00:00Z","seconds":99999999999}""", """{"at":null}""")]
    [InlineData("UTC", "mon: [\"00:00-24:00\"]", """{"op":"next_open","at":"9999-12-31T23:59:59Z"}""", """{"at":null}""")]
    [InlineData("UTC", "mon: [\"00:00-24:00\"]", """{"op":"add","from":"0001-01-02T00:00:00Z","seconds":-86400000}""", """{"error":"the question or its answer lies outside the years 1 to 9999"}""")]
    [InlineData("UTC", "mon: [\"00:00-24:00\"]", """{"op":"add_days","from":"9999-12-27","days":1}""", """{"at":null}""")]
    [InlineData("UTC", "mon: [\"00:00-24:00\"], tue: [\"00:00-24:00\"]", """{"op":"days_between","from":"2026-03-10","to":"2026-03-02","inclusive":true}""", """{"days":-4}""")]
    [InlineData("UTC", "mon: [\"09:00-17:00\"]", """{"id":7,"op":"add","from":"2026-03-02T10:00:00Z"}""", """{"id":7,"error":"'seconds' is required, as a number of less than 1000000000000"}""")]
    [InlineData("UTC", "mon: [\"09:00-17:00\"]", """{"op":"add_days","from":"2026-03-02T10:00:00Z","days":1.5}""", """{"error":"'days' is required, as a whole number of less than 100000000"}""")]
    public void An_odd_question_has_its_answer_and_the_next_one_too(string zone, string week, string question, string answer)
    {
        File.WriteAllText(_file, $"id: c\ntime_zone: {zone}\nweek: {{{week}}}\n");
        using var output = new StringWriter();
        CalendarCommand.Answer(CalendarQuestions.OfFile(_file), new StringReader(question + "\n\n" + """{"op":"between","from":"2026-03-02T10:00:00Z","to":"2026-03-02T10:00:00Z"}"""), output);
        Assert.Equal([answer, """{"seconds":0}""", ""], output.ToString().Split('\n'));
    }
}
