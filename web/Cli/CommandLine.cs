using System.CommandLine;
using System.Globalization;
using NodaTime;

namespace OpsMonitor.Web.Cli;

/// <summary>The program's commands. <c>serve</c> is what runs when none is named.</summary>
public static class CommandLine
{
    public static Task<int> RunAsync(string[] args)
    {
        var root = new RootCommand("OpsMonitor: true, live numbers for complaint desks and call centres")
        {
            ServeCommand.Make(), ReplayCli.Make(), ConvertCommand.Make(), MapCommand.Make(), TailCommand.Make(), AmiCommand.Make(), SendCommand.Make(),
            ExportCommand.Make(), ImportCommand.Make(), VerifyCommand.Make(), KeyCommand.Make(), VaultCommand.Make(), CalendarCommand.Make(),
            ExplainCommand.Make(), PolicyCommand.Make(), RulesCommand.Make(), HealthCommand.Make(), CorrectionsCommand.Make(), RollupsCommand.Make(), MetricsCommand.Make(), ArchiveCommand.Make(), AdapterCommand.Make(),
        };
        // `opsmonitor --demo` is `opsmonitor serve --demo`; help and version stay the program's own.
        string[] own = ["--help", "-h", "-?", "--version"];
        var named = args.Length > 0 && (own.Contains(args[0]) || root.Subcommands.Any(c => c.Name == args[0]) || args[0].StartsWith('['));
        return root.Parse(named ? args : ["serve", .. args]).InvokeAsync();
    }

    /// <summary>Bad input on the command line: one line that says what and where, exit code 2.</summary>
    public static int Fail(string message)
    {
        Console.Error.WriteLine($"opsmonitor: {message}");
        return 2;
    }

    /// <summary>To a running server, with the key given or the one of the environment; the caller's to dispose.</summary>
    public static HttpClient Client(Uri address, string? key, TimeSpan timeout)
    {
        var client = new HttpClient { BaseAddress = address, Timeout = timeout };
        if ((key ?? Environment.GetEnvironmentVariable("OPSMONITOR_KEY")) is { } bearer) client.DefaultRequestHeaders.Authorization = new("Bearer", bearer);
        return client;
    }

    /// <summary>Runs a command's body; what the user can put right becomes one line instead of a stack.</summary>
    public static int Guard(Func<int> body)
    {
        try { return body(); }
        catch (Exception e) when (e is FormatException or InvalidDataException or IOException or UnauthorizedAccessException or ArgumentException or Reference.ReferenceDataException) { return Fail(e.Message); }
    }

    /// <summary>The zone asked for, else this machine's, else UTC.</summary>
    public static DateTimeZone HouseZone(string? id) => Zone(id ?? (TimeZoneInfo.Local.HasIanaId ? TimeZoneInfo.Local.Id : "UTC"));

    public static Option<string?> HouseZoneOption() => new("--zone") { Description = "time zone of the wall's clock and of 'today' where no department has one (IANA; default: this machine's)" };

    public static DateTimeZone Zone(string id) =>
        DateTimeZoneProviders.Tzdb.GetZoneOrNull(id) ?? throw new FormatException($"--zone: '{id}' is no IANA time zone (for example Asia/Shanghai)");

    public static long? Time(string option, string? text) => text is null
        ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? at.ToUnixTimeMilliseconds()
            : throw new FormatException($"{option}: '{text}' is no RFC 3339 time (for example 2026-11-21T09:00:00Z)");
}
