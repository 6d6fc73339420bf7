(* Simultaneous steps: on f = xy, and on the Dirac-GAN, whose generator is a number theta and whose
   discriminator is a slope psi. *)

From Coq Require Import Reals Lra.
From Theory Require Import Sums Formulas Saturation.
Open Scope R_scope.

(* Claim A-DYN-04: on f = xy every simultaneous step multiplies x^2 + y^2 by 1 + eta^2. *)
Theorem bilinear_step_grows : forall x y eta,
  bilinear_step_x x y eta ^ 2 + bilinear_step_y x y eta ^ 2 = (1 + eta ^ 2) * (x ^ 2 + y ^ 2).
Proof. intros. unfold bilinear_step_x, bilinear_step_y. ring. Qed.

(* The place after k steps. *)
Fixpoint bilinear_run (eta : R) (k : nat) (z : R * R) : R * R :=
  match k with
  | O => z
  | S before =>
      let (x, y) := bilinear_run eta before z in
      (bilinear_step_x x y eta, bilinear_step_y x y eta)
  end.
Definition squared_radius (z : R * R) : R := fst z ^ 2 + snd z ^ 2.

Lemma bilinear_run_grows : forall eta k z,
  squared_radius (bilinear_run eta k z) = (1 + eta ^ 2) ^ k * squared_radius z.
Proof.
  intros eta k z. induction k as [| k IH]; [simpl; ring |].
  unfold bilinear_run; fold bilinear_run.
  destruct (bilinear_run eta k z) as [x y]. unfold squared_radius in *.
  unfold fst, snd in *. rewrite bilinear_step_grows, IH. simpl. ring.
Qed.

(* Claim A-DYN-04: r_k = r_0 (1 + eta^2)^(k/2), squared, and so for any step that is not 0 the
   players leave every disc, unless they start at the equilibrium. *)
Theorem bilinear_steps_diverge : forall eta z, eta <> 0 -> 0 < squared_radius z ->
  (forall k, squared_radius (bilinear_run eta k z) = (1 + eta ^ 2) ^ k * squared_radius z) /\
  forall bound, exists k, bound < squared_radius (bilinear_run eta k z).
Proof.
  intros eta z nonzero away. split; [intros; apply bilinear_run_grows |]. intros bound.
  assert (square : 0 < eta ^ 2).
  { pose proof (Rsqr_pos_lt eta nonzero) as positive. unfold Rsqr in positive. simpl. lra. }
  destruct (Pow_x_infinity (1 + eta ^ 2)) with (b := bound / squared_radius z + 1) as [k far].
  { rewrite Rabs_right; lra. }
  exists k. rewrite bilinear_run_grows. specialize (far k (le_n k)).
  rewrite Rabs_right in far by (left; apply pow_lt; lra).
  apply (Rmult_ge_compat_r (squared_radius z)) in far; [| lra].
  replace ((bound / squared_radius z + 1) * squared_radius z)
    with (bound + squared_radius z) in far by (field; lra). lra.
Qed.

(* The Dirac-GAN *)

Lemma dirac_loss_g_reads : forall theta psi,
  dirac_loss_g theta psi = - ln (1 + exp (psi * theta)).
Proof. intros. unfold dirac_loss_g. now rewrite (Rplus_comm (exp _)). Qed.

Lemma dirac_loss_d_reads : forall theta psi,
  dirac_loss_d theta psi = ln 2 + ln (1 + exp (theta * psi)).
Proof.
  intros. unfold dirac_loss_d. rewrite (Rmult_comm psi), (Rplus_comm (exp _)). ring.
Qed.

(* Claims A-DYN-08, A-DYN-12: each player of the Dirac-GAN goes down the slope of its own loss, at
   the speed sigma(psi theta), forwards and sideways. *)
Theorem dirac_velocity : forall theta psi,
  derivable_pt_lim (fun t => dirac_loss_g t psi) theta (- dirac_velocity_g theta psi) /\
  derivable_pt_lim (fun s => dirac_loss_d theta s) psi (- dirac_velocity_d theta psi) /\
  dirac_velocity_g theta psi = psi * sigmoid (psi * theta) /\
  dirac_velocity_d theta psi = - theta * sigmoid (psi * theta).
Proof.
  intros theta psi. pose proof (exp_pos (psi * theta)).
  assert (s : sigmoid (psi * theta) = exp (psi * theta) / (1 + exp (psi * theta))).
  { rewrite sigmoid_reads, exp_Ropp. field; lra. }
  assert (g : dirac_velocity_g theta psi = psi * sigmoid (psi * theta)).
  { rewrite s. unfold dirac_velocity_g. field; lra. }
  assert (d : dirac_velocity_d theta psi = - theta * sigmoid (psi * theta)).
  { rewrite s. unfold dirac_velocity_d. field; lra. }
  repeat split; [| | exact g | exact d].
  - apply (derivative_of_same (fun t => - ln (1 + exp (psi * t)))).
    + intros. now rewrite dirac_loss_g_reads.
    + rewrite g, s. replace (psi * (exp (psi * theta) / (1 + exp (psi * theta))))
        with (psi * exp (psi * theta) / (1 + exp (psi * theta))) by (field; lra).
      exact (derivable_pt_lim_opp _ _ _ (softplus_derivative psi theta)).
  - apply (derivative_of_same (fun t => ln 2 + ln (1 + exp (theta * t)))).
    + intros. now rewrite dirac_loss_d_reads.
    + rewrite d, s, (Rmult_comm psi theta).
      replace (- (- theta * (exp (theta * psi) / (1 + exp (theta * psi)))))
        with (0 + theta * exp (theta * psi) / (1 + exp (theta * psi)))
        by (field; rewrite Rmult_comm; lra).
      exact (derivable_pt_lim_plus _ _ _ _ _
        (derivable_pt_lim_const (ln 2) psi) (softplus_derivative theta psi)).
Qed.

(* Claim A-DYN-12: on the Dirac-GAN itself, not linearised, a simultaneous step h multiplies
   theta^2 + psi^2 by 1 + h^2 sigma(psi theta)^2 > 1: no step size leads inwards. *)
Theorem dirac_step_grows : forall theta psi h, 0 < h ->
  dirac_step_g theta psi h ^ 2 + dirac_step_d theta psi h ^ 2
    = (1 + h ^ 2 * sigmoid (psi * theta) ^ 2) * (theta ^ 2 + psi ^ 2) /\
  1 < 1 + h ^ 2 * sigmoid (psi * theta) ^ 2.
Proof.
  intros theta psi h ph. pose proof (exp_pos (psi * theta)).
  assert (s : sigmoid (psi * theta) = exp (psi * theta) / (1 + exp (psi * theta))).
  { rewrite sigmoid_reads, exp_Ropp. field; lra. }
  split.
  - rewrite s. unfold dirac_step_g, dirac_step_d. field; lra.
  - pose proof (sigmoid_inside (psi * theta)) as [above _].
    assert (0 < (h * sigmoid (psi * theta)) ^ 2).
    { apply pow_lt, Rmult_lt_0_compat; assumption. }
    replace (h ^ 2 * sigmoid (psi * theta) ^ 2) with ((h * sigmoid (psi * theta)) ^ 2) by ring.
    lra.
Qed.

(* Claim A-DYN-12: linearised at (0, 0), where sigma is 1/2, a step multiplies the square by
   1 + h^2/4: the eigenvalues 1 +- ih/2 have this squared size. *)
Theorem dirac_step_at_equilibrium : forall h,
  derivable_pt_lim (fun t => dirac_step_g t 0 h) 0 1 /\
  derivable_pt_lim (fun s => dirac_step_g 0 s h) 0 (h / 2) /\
  derivable_pt_lim (fun t => dirac_step_d t 0 h) 0 (- (h / 2)) /\
  derivable_pt_lim (fun s => dirac_step_d 0 s h) 0 1 /\
  1 * 1 - h / 2 * - (h / 2) = 1 + h ^ 2 / 4.
Proof.
  assert (line : forall c f, (forall t, f t = c * t) -> derivable_pt_lim f 0 c).
  { intros c f reads. apply (derivative_of_same (fun t => c * t)); [intros; now rewrite reads |].
    pose proof (derivable_pt_lim_scal id c 0 1 (derivable_pt_lim_id 0)) as line.
    rewrite Rmult_1_r in line. exact line. }
  intros h. repeat split; try (apply line; intros t; unfold dirac_step_g, dirac_step_d;
    rewrite ?Rmult_0_l, ?Rmult_0_r, ?exp_0; field); field.
Qed.
