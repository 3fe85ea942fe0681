using System.CommandLine;
using System.Text;
using Microsoft.Data.Sqlite;
using OpsMonitor.Grains.Metrics;
using OpsMonitor.Silo.Local.Rollups;
using OpsMonitor.Web.Past;

namespace OpsMonitor.Web.Cli;

/// <summary>The ledger of corrections as a file, for a spreadsheet or an auditor. Reads beside a running server.</summary>
internal static class CorrectionsCommand
{
    public static Command Make()
    {
        var data = new Option<string>("--data") { Description = "data folder of a server, running or not", DefaultValueFactory = _ => "data" };
        var scope = new Option<string?>("--scope") { Description = "all, queue:ID or department:ID (default: every scope)" };
        var from = new Option<string?>("--from") { Description = "only intervals that end after this time" };
        var to = new Option<string?>("--to") { Description = "only intervals that begin before this time" };
        var output = new Option<string?>("--output") { Description = "CSV file (default: the standard output)" };
        var command = new Command("corrections", "Write the numbers that late data revised, with what they were and why (CSV)") { data, scope, from, to, output };
        command.SetAction(parsed => CommandLine.Guard(() =>
        {
            var folder = parsed.GetValue(data)!;
            if (!File.Exists(RollupFile.PathIn(folder))) return CommandLine.Fail($"--data: '{folder}' has no rollups.db");
            var window = new Window(CommandLine.Time("--from", parsed.GetValue(from)) ?? long.MinValue, CommandLine.Time("--to", parsed.GetValue(to)) ?? long.MaxValue);
            try
            {
                using var file = RollupFile.Open(folder, Console.Error.WriteLine);
                var corrections = file.Corrections(parsed.GetValue(scope)?.Replace(':', '/'), window, 0, int.MaxValue);
                if (parsed.GetValue(output) is not { } path) { CorrectionAnswers.WriteCsv(Console.Out, corrections); return 0; }
                using var text = new StreamWriter(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
                CorrectionAnswers.WriteCsv(text, corrections);
                return 0;
            }
            catch (SqliteException e) { return CommandLine.Fail($"rollups.db: {e.Message}"); }
        }));
        return command;
    }
}
